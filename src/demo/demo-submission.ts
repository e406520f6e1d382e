import { DEMO_BEAM, DEMO_GEOMETRY } from './domain/demo-detectors.js';

/** Tasks and primaries (over all tasks) of the demo where nothing else is asked for. */
export const DEMO_TASKS = 8;
export const DEMO_PRIMARIES = 80_000;

/** The part of a `POST /simulations` body that describes the demo simulation. */
export interface DemoSubmission {
  title: string;
  sim_type: string;
  input_type: 'editor';
  ntasks: number;
  input: Record<string, unknown>;
}

/**
 * The demo simulation as a user would submit it: a small editor project whose beam, geometry and outputs are those that
 * `scoreDemo` works out. The type is a simulator's that the platform's web pages know; the logs say what really ran.
 */
export function demoSubmission(options: { ntasks: number; primaries: number }): DemoSubmission {
  const title = 'Demo: proton pencil beam in water';
  return {
    title,
    sim_type: 'shieldhit',
    input_type: 'editor',
    ntasks: options.ntasks,
    input: {
      metadata: { version: '0.12', type: 'Editor', generator: 'tallyhouse-demo' },
      project: { title, description: `${DEMO_BEAM.energy} MeV protons stop in water. Analytical model with noise.` },
      beam: beamInput(options.primaries),
      figureManager: { name: 'Figures', type: 'FigureManager', figures: [waterCylinder()] },
      materialManager: { materials: [{ uuid: 'demo-water', name: 'WATER, LIQUID', icru: 276, density: 1 }] },
      zoneManager: {
        zones: [{ uuid: 'demo-zone', name: 'Water phantom', materialUuid: 'demo-water', figureUuid: 'demo-cylinder' }],
      },
      detectorManager: { detectors: detectorInput() },
      scoringManager: { outputs: outputInput() },
    },
  };
}

function beamInput(primaries: number): Record<string, unknown> {
  return {
    particle: { id: 2, name: 'Proton', a: 1, z: 1 },
    energy: DEMO_BEAM.energy,
    energySpread: DEMO_BEAM.energySpread,
    energyUnit: 'MeV',
    sigma: { type: 'Gaussian', x: DEMO_GEOMETRY.spot, y: DEMO_GEOMETRY.spot },
    position: [0, 0, 0],
    direction: [0, 0, 1],
    numberOfParticles: primaries,
  };
}

function waterCylinder(): Record<string, unknown> {
  const { radius, depth } = DEMO_GEOMETRY;
  return {
    uuid: 'demo-cylinder',
    name: 'Water cylinder',
    type: 'CylinderFigure',
    geometryData: {
      geometryType: 'HollowCylinderGeometry',
      position: [0, 0, depth / 2],
      parameters: { innerRadius: 0, radius, depth },
    },
  };
}

function detectorInput(): Record<string, unknown>[] {
  const { radius, depth, entranceSlab, spectrumDepth, map } = DEMO_GEOMETRY;
  return [
    { uuid: 'demo-cyl', name: 'CylZ_Mesh', type: 'Cyl', radius, from: 0, to: depth, zSegments: 400 },
    { uuid: 'demo-mesh', name: 'YZ_Mesh', type: 'Mesh', width: map.slice, height: 2 * map.halfWidth, depth },
    { uuid: 'demo-plane', name: 'SpectrumPlane', type: 'Cyl', radius, from: spectrumDepth, to: spectrumDepth },
    { uuid: 'demo-slab', name: 'EntranceSlab', type: 'Cyl', radius, from: 0, to: entranceSlab, zSegments: 1 },
  ];
}

function outputInput(): Record<string, unknown>[] {
  return [
    { name: 'depth_dose', detectorUuid: 'demo-cyl', quantities: ['Dose', 'dLET', 'tLET'] },
    { name: 'yz_profile', detectorUuid: 'demo-mesh', quantities: ['Dose'] },
    {
      name: 'spectrum',
      detectorUuid: 'demo-plane',
      quantities: ['Fluence'],
      diff: { by: 'E', from: 0, to: 160, bins: 320 },
    },
    { name: 'entrance', detectorUuid: 'demo-slab', quantities: ['Dose', 'AvgEnergy', 'dLET'] },
  ];
}
