import type { StoredInput } from '../inputs/inputs.service.js';
import type { AnswerShape } from '../payload/resource.js';
import type { Segment } from '../payload/segment-list.js';
import { inputTypeName } from './domain/input-type.js';

/** `GET /yaptide/inputs`: JSON text around the stored input. */
export const DIALECT_INPUTS: AnswerShape<StoredInput, Segment[]> = {
  name: 'dialect inputs',
  answer: ({ inputType, requestedPrimaries, payload }) => {
    const member = inputType === 'editor' ? 'input_json' : 'input_files';
    const primaries = requestedPrimaries === null ? '' : `,"number_of_all_primaries":${requestedPrimaries}`;
    return [
      `{"message":"Inputs","input":{"input_type":"${inputTypeName(inputType)}","${member}":`,
      { payload, part: 0 },
      `${primaries}}}`,
    ];
  },
};
