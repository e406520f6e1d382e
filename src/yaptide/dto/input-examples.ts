const primaries = { number_of_all_primaries: 10_000 };

/** One example for each input type. */
export const INPUT_EXAMPLES = {
  editor: {
    summary: 'A project of the editor',
    value: {
      message: 'Inputs',
      input: { input_type: 'EDITOR', input_json: { beam: { numberOfParticles: 10_000 } }, ...primaries },
    },
  },
  files: {
    summary: 'Input files of a simulator',
    value: {
      message: 'Inputs',
      input: { input_type: 'FILES', input_files: { 'beam.dat': 'NSTAT  10000  -1\n', 'geo.dat': '…' }, ...primaries },
    },
  },
};
