import { Injectable } from '@nestjs/common';
import { Database } from '../prisma/database.js';
import { StorageAnswer } from './dto/storage-answer.js';
import { findStorage, type StorageRequest } from './find-storage.js';

/** Owns the question who stores how much. */
@Injectable()
export class AdminStorageService {
  constructor(private readonly database: Database) {}

  /** A part of the users, those who store most first; one more than asked for is read, to know whether there are more. */
  async list(request: StorageRequest): Promise<StorageAnswer> {
    const read = await findStorage(this.database, { ...request, limit: request.limit + 1 });
    return StorageAnswer.of(read, request.limit);
  }
}
