import { Global, Module } from '@nestjs/common';
import { PayloadReaderService } from './payload-reader.service.js';

/** Owns the stored zlib streams: how they are compressed, stored, and spliced into responses. */
@Global()
@Module({ providers: [PayloadReaderService], exports: [PayloadReaderService] })
export class PayloadModule {}
