import { rulesFiles } from './scripts/rules-files.ts';

const literal = (path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** Where the cruise starts: tests of these borders cruise a tree of their own. */
const rules = rulesFiles(process.cwd()).map(literal).join('|');

/** A package may be imported from these places alone. */
const door = (name, packages, pathNot) => ({
  name,
  severity: 'error',
  from: { pathNot },
  to: { path: `(^|/)node_modules/(@types/)?(${packages})/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'services-meet-at-contracts',
      comment: 'A service may know another one only by its contract and its events.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/($1/|[^/]+/src/(contract|events)\\.ts$)' },
    },
    {
      name: 'shared-knows-no-service',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(services|gateway|scripts)/' },
    },
    {
      name: 'shared-knows-no-infra',
      comment: 'Tests may start its servers.',
      severity: 'error',
      from: { path: '^shared/[^/]+/src/' },
      to: { path: '^infra/' },
    },
    {
      name: 'gateway-knows-no-service',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: '^(services|infra|scripts)/' },
    },
    {
      name: 'services-know-no-infra',
      comment: 'Tests may use the emulators.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/' },
      to: { path: '^(gateway|infra|scripts)/' },
    },
    {
      name: 'rules-are-pure',
      comment: 'Whatever serves, stores or calls is told what to do by the rules, not the reverse.',
      severity: 'error',
      from: { path: rules === '' ? '(?!)' : `^(${rules})$` },
      to: {
        path: '(^|/)node_modules/|^shared/(database|events|jobs|service|telemetry|testing)/src/',
        // A rule may take its types from here; the cruise cannot tell types apart, tidy can.
        pathNot: '^shared/(service/src/contract|events/src/schema)\\.ts$',
      },
    },
    {
      name: 'tests-alone-use-testing',
      severity: 'error',
      from: { pathNot: '^shared/testing/|^scripts/e2e/|^infra/jest/|/test/|\\.test\\.ts$' },
      to: { path: '^shared/testing/' },
    },
    door('one-door-to-the-database', 'pg', '^(shared/(database|events|testing)|infra|scripts)/'),
    door('knex-migrates', 'knex', '^(shared/database|infra)/'),
    door('one-door-to-the-transport', 'graphile-worker|amqplib', '^(shared/events|infra)/'),
    door('one-door-to-stripe', 'stripe', '^(services/payments/(src/stripe|test/)|infra|scripts)'),
    door('one-door-to-traces', '@opentelemetry', '^shared/telemetry/'),
    door('express-serves', 'express', '^(shared/(service|testing)|services/[^/]+/src/app\\.ts$)'),
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
