import { planUserChange } from './user-change.js';

const USER = { roles: [], disabled: false };
const ADMIN = { roles: ['operator', 'admin'], disabled: false };
const DISABLED = { roles: [], disabled: true };

test('a user becomes an admin and keeps the tokens', () => {
  expect(planUserChange(USER, { admin: true })).toStrictEqual({
    actions: ['user.promote'],
    roles: ['admin'],
    disabled: false,
    endsTokens: false,
  });
});

test('an admin who is demoted keeps other roles and loses the tokens', () => {
  expect(planUserChange(ADMIN, { admin: false })).toStrictEqual({
    actions: ['user.demote'],
    roles: ['operator'],
    disabled: false,
    endsTokens: true,
  });
});

test('who is disabled loses the tokens, who is enabled has none to lose', () => {
  expect(planUserChange(USER, { disabled: true })).toMatchObject({
    actions: ['user.disable'],
    disabled: true,
    endsTokens: true,
  });
  expect(planUserChange(DISABLED, { disabled: false })).toMatchObject({
    actions: ['user.enable'],
    disabled: false,
    endsTokens: false,
  });
});

test('both at once are two actions', () => {
  const plan = planUserChange(ADMIN, { admin: false, disabled: true });
  expect(plan.actions).toStrictEqual(['user.demote', 'user.disable']);
});

test.each([
  [USER, { admin: false, disabled: false }],
  [ADMIN, { admin: true }],
  [DISABLED, { disabled: true }],
  [ADMIN, {}],
])('what is so already is no action: %j, %j', (user, wanted) => {
  expect(planUserChange(user, wanted)).toMatchObject({ actions: [], disabled: user.disabled, endsTokens: false });
});
