import { primariesOfFiles, primariesOfProject } from './requested-primaries.js';

test.each([
  [{ beam: { numberOfParticles: 10_000 } }, 10_000],
  [{ beam: { numberOfParticles: 2 ** 53 } }, undefined],
  [{ beam: { numberOfParticles: 1.5 } }, undefined],
  [{ beam: { numberOfParticles: 0 } }, undefined],
  [{ beam: { numberOfParticles: '100' } }, undefined],
  [{ beam: [] }, undefined],
  [{ beam: null }, undefined],
  [{}, undefined],
])('the project %j asks for %p', (project, primaries) => {
  expect(primariesOfProject(project)).toBe(primaries);
});

test.each([
  [{ 'beam.dat': 'JPART0   2\n  NSTAT       1000    -1 ! of which saved\nTMAX0 150.0 1.5\n' }, 1000],
  [{ 'beam.dat': 'RNDSEED 8\r\nNSTAT\t25000\r\n' }, 25_000],
  [{ 'beam.dat': '! NSTAT 10 1\n' }, undefined],
  [{ 'beam.dat': 'NSTAT -1 0\n' }, undefined],
  [{ 'beam.dat': 'NSTAT\n1000\n' }, undefined],
  [{ 'geo.dat': 'NSTAT 1000 -1\n' }, undefined],
  [{ 'fl_sim.inp': '* START 7.\nRANDOMIZ         1.0\nSTART        10000.0       0.0\nSTOP\n' }, 10_000],
  [{ 'fl_sim.inp': 'START     1.0E+06\n' }, 1_000_000],
  [{ 'fl_sim.inp': 'START, 1.5D3, 0.0\n' }, 1_500],
  [{ 'fl_sim.inp': 'START     0.5\n' }, undefined],
  [{ 'run.txt': '# i:So/Demo/NumberOfHistoriesInRun = 5\ni:So/Demo/NumberOfHistoriesInRun = 200 # a few\n' }, 200],
  [{ 'run.txt': 'i:So/Beam/Left/NumberOfHistoriesInRun=30\n' }, 30],
  [{ 'beam.dat': 'TMAX0 150.0\n', 'run.txt': 'nothing\n' }, undefined],
  [{}, undefined],
])('the files %j ask for %p', (files, primaries) => {
  expect(primariesOfFiles(files)).toBe(primaries);
});
