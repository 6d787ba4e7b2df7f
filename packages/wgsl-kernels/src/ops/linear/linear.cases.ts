// Sizes that the linear layer is tested at; `lead` are the leading dims of x.

export const linearCases = [
  { id: 'N1-I1-O1', lead: [], inputs: 1, outputs: 1, hasBias: true },
  { id: 'N63-I20-O12', lead: [63], inputs: 20, outputs: 12, hasBias: false },
  { id: 'N111-I65-O3-bias', lead: [3, 37], inputs: 65, outputs: 3, hasBias: true },
  { id: 'N600-I16-O4-bias', lead: [2, 300], inputs: 16, outputs: 4, hasBias: true },
] as const;
