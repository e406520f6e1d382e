/** What a simulation was submitted with, as that dialect names it. */
export function inputTypeName(inputType: 'editor' | 'files'): 'EDITOR' | 'FILES' {
  return inputType === 'editor' ? 'EDITOR' : 'FILES';
}
