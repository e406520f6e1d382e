import { getMetadataStorage, ValidationTypes } from 'class-validator';

type Check = (dto: object, value: unknown) => boolean;

/** What the decorators of one property ask. */
interface PropertyRules {
  readonly property: string;
  /** All of them, or the value is not looked at. */
  readonly conditions: Check[];
  readonly checks: Check[];
}

/**
 * What class-validator's decorators ask of a class without nested objects, gathered once: class-validator itself looks all
 * rules up and sorts them for every object, which costs more than the checks. It still says what is wrong.
 */
export class FlatRules {
  private constructor(private readonly properties: readonly PropertyRules[]) {}

  /** Undefined where a rule is of another kind than one plain check of one value. */
  static of(type: new () => object): FlatRules | undefined {
    const storage = getMetadataStorage();
    const properties = new Map<string, PropertyRules>();
    for (const rule of storage.getTargetValidationMetadatas(type, '', false, false)) {
      const { propertyName: property, constraints } = rule;
      const rules = properties.get(property) ?? { property, conditions: [], checks: [] };
      properties.set(property, rules);
      if (rule.type === ValidationTypes.CONDITIONAL_VALIDATION) {
        rules.conditions.push(constraints[0] as Check);
        continue;
      }
      if (rule.type !== ValidationTypes.CUSTOM_VALIDATION || rule.each || rule.validateIf !== undefined)
        return undefined;
      for (const { instance, async } of storage.getTargetValidatorConstraints(rule.constraintCls)) {
        if (async) return undefined;
        const targetName = type.name;
        const holds: Check = (object, value) =>
          instance.validate(value, { targetName, property, constraints, object, value }) === true;
        rules.checks.push(holds);
      }
    }
    return new FlatRules([...properties.values()]);
  }

  /** Whether class-validator would find nothing wrong; with `presentOnly`, with the members that are there. */
  hold(dto: object, presentOnly: boolean): boolean {
    return this.properties.every(({ property, conditions, checks }) => {
      const value = (dto as Readonly<Record<string, unknown>>)[property];
      if (presentOnly && value === undefined) return true;
      const isAsked = conditions.every((condition) => condition(dto, value));
      return !isAsked || checks.every((check) => check(dto, value));
    });
  }
}
