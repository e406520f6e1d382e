import { AdminUsersService } from '../../src/admin/admin-users.service.js';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { AuthService, type Session } from '../../src/auth/auth.service.js';
import { TokenService } from '../../src/auth/token.service.js';
import { UserService } from '../../src/auth/user.service.js';
import { createTestApp, type TestApp } from '../support/test-app.js';

const PASSWORD = 'correct horse battery';

let test_: TestApp;
let users: UserService;
let admins: AdminUsersService;

beforeAll(async () => {
  test_ = await createTestApp();
  users = test_.app.get(UserService);
  admins = test_.app.get(AdminUsersService);
});
afterAll(() => test_.close());

let count = 0;
async function newUser(...roles: string[]): Promise<{ id: number; username: string }> {
  const username = `${roles[0] ?? 'user'}-${++count}`;
  await users.ensureUser(username, PASSWORD, roles);
  return { id: await users.idOf(username), username };
}

async function entries(): Promise<number> {
  const { rows } = await test_.database.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_log');
  return rows[0]?.n ?? 0;
}

test('two admins who demote each other at once leave one', async () => {
  const [one, two] = [await newUser('admin'), await newUser('admin')];
  const outcomes = await Promise.allSettled([
    admins.update(one, two.id, { admin: false }),
    admins.update(two, one.id, { admin: false }),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toStrictEqual(['fulfilled', 'rejected']);
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected');
  expect(rejected?.reason).toMatchObject({ kind: 'forbidden', message: 'Only admins may do this' });
  const left = [await users.byId(one.id), await users.byId(two.id)].filter((user) => user?.roles.includes('admin'));
  expect(left).toHaveLength(1);
});

test('an admin who was disabled a moment ago changes nothing any more', async () => {
  const [one, two, user] = [await newUser('admin'), await newUser('admin'), await newUser()];
  await admins.update(one, two.id, { disabled: true });
  const before = await entries();
  await expect(admins.update(two, user.id, { admin: true })).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(admins.resetPassword(two, user.id, undefined)).rejects.toMatchObject({ kind: 'forbidden' });
  expect(await entries()).toBe(before);
});

test('a change that fails leaves neither an entry nor ended tokens', async () => {
  const [admin, user] = [await newUser('admin'), await newUser()];
  const auth = test_.app.get(AuthService);
  const { refresh } = await auth.login({ username: user.username, password: PASSWORD }, 'test');
  const before = await entries();
  const failing = test_.app.get(AccountsService).change(admin.id, user.id, async (account, tx) => {
    await tx.query(
      "INSERT INTO audit_log (admin_id, admin_name, action, subject) VALUES (1, 'a', 'user.disable', $1)",
      [account.username],
    );
    throw new Error('failed');
  });
  await expect(failing).rejects.toThrow('failed');
  expect(await entries()).toBe(before);
  expect((await auth.refresh(refresh.token)).token).toEqual(expect.any(String));
});

describe('a user whose new password is just being hashed', () => {
  /** The end of a password change, with what an admin does coming in between. */
  async function changing(userId: number, meanwhile: () => Promise<unknown>): Promise<Session> {
    const session = test_.app.get(AuthService).changePassword(userId, PASSWORD, 'staple of another kind', 'test');
    await Promise.allSettled([session, meanwhile()]);
    return session;
  }

  test('gets no token that outlives being demoted', async () => {
    const [admin, user] = [await newUser('admin'), await newUser('admin')];
    const { access } = await changing(user.id, () => admins.update(admin, user.id, { admin: false }));
    const { roles, epoch } = test_.app.get(TokenService).verify(access.token);
    const present = (await users.byId(user.id))?.tokenEpoch ?? 0;
    expect(epoch === present ? roles : []).toStrictEqual([]);
  });

  test('gets no token that outlives being disabled', async () => {
    const [admin, user] = [await newUser('admin'), await newUser()];
    const session = changing(user.id, () => admins.update(admin, user.id, { disabled: true }));
    const refreshed = session.then(({ refresh }) => test_.app.get(AuthService).refresh(refresh.token));
    await expect(refreshed).rejects.toMatchObject({ kind: 'unauthenticated', message: 'Token has been revoked' });
  });
});
