import { IsInt, IsOptional, IsString, Max, Min, ValidateIf, ValidateNested, validateSync } from 'class-validator';
import { FlatRules } from './flat-rules.js';

class Base {
  @IsString()
  name!: unknown;

  @ValidateIf((dto: Base) => dto.note !== undefined)
  @IsString()
  note?: unknown;
}

class Numbered extends Base {
  @IsInt()
  @Min(0)
  @Max(9)
  number!: unknown;

  @IsOptional()
  @IsInt()
  size?: unknown;
}

class Nested {
  @ValidateNested()
  inner!: Base;
}

class Listed {
  @IsString({ each: true })
  names!: unknown;
}

const VALUES = [undefined, null, '', 'text', 0, 9, 10, -1, 1.5, NaN, [], {}];
const NAMES = ['name', 'note', 'number', 'size'] as const;

/** One with every value in turn, in each place, beside what is right. */
function* dtos(): Generator<Numbered> {
  for (const name of NAMES) {
    for (const value of VALUES) yield Object.assign(new Numbered(), { name: 'right', number: 1 }, { [name]: value });
  }
}

test('the rules hold where class-validator finds nothing wrong, inherited ones too', () => {
  const rules = FlatRules.of(Numbered);
  for (const dto of dtos()) {
    const errors = validateSync(dto, { forbidUnknownValues: false });
    expect({ dto, holds: rules?.hold(dto, false) }).toEqual({ dto, holds: errors.length === 0 });
    const presentErrors = errors.filter(({ value }) => value !== undefined);
    expect({ dto, holds: rules?.hold(dto, true) }).toEqual({ dto, holds: presentErrors.length === 0 });
  }
});

test('a class with nested objects or lists is left to class-validator', () => {
  expect(FlatRules.of(Nested)).toBeUndefined();
  expect(FlatRules.of(Listed)).toBeUndefined();
});
