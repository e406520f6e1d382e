/** The arrows of docs/architecture.md: door → service → domain; nothing imports a door; no cycles. */
const DOOR = '\\.(controller|consumer)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-imports-a-door',
      severity: 'error',
      from: { pathNot: '(\\.module|\\.spec|\\.test)\\.ts$' },
      to: { path: DOOR },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      from: { path: '/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['/domain/', '^node:'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'services-know-no-door',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: '^node_modules/(fastify|@fastify|amqplib)' },
    },
    {
      name: 'features-meet-at-services',
      severity: 'error',
      comment: 'a feature reaches another only through its module, service or domain',
      from: {
        path: '^src/(auth|audit|simulations|dispatch|results|inputs|logs|tasks|admin|yaptide)/',
        pathNot: '\\.(spec|test)\\.ts$',
      },
      to: {
        path: '^src/(auth|audit|simulations|dispatch|results|inputs|logs|tasks|admin|yaptide)/',
        pathNot: ['^src/$1/', '\\.(module|service|guard|decorator)\\.ts$', '/domain/'],
      },
    },
    {
      name: 'worker-client-can-be-copied-out',
      severity: 'error',
      from: { path: '^src/worker-client/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^src/worker-client/', '^node_modules/amqplib/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'worker-client-goes-without-amqplib',
      severity: 'error',
      comment: 'it is loaded only where something is published',
      from: { path: '^src/worker-client/' },
      to: { path: '^node_modules/amqplib/', dynamic: false, dependencyTypesNot: ['type-only', 'type-import'] },
    },
    { name: 'src-never-imports-tests', severity: 'error', from: { path: '^src' }, to: { path: '^test' } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.(spec|test)\\.ts$', '^src/main\\.ts$', 'generated'] },
      to: {},
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'src/prisma/generated' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
