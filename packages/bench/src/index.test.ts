import { expect, test } from 'vitest';
import * as bench from './index.ts';

test('what the package gives: who changes this list changes it for its users', () => {
  const names = Object.keys(bench).sort();
  expect(names).toEqual(
    [
      ...['chooseCases', 'assertSuiteNames', 'suiteNames', 'suiteSentences', 'caseId'],
      ...['DeviceSlot', 'defaultSettings', 'runCases', 'OURS', 'withRows'],
      ...['formatCase', 'formatEnd', 'formatRefusals', 'refusalsOf', 'reasonOf', 'adapterName'],
      ...['parseReport', 'withKind', 'markdownTables', 'markedTables', 'tablesIn', 'withTables'],
      ...['reportCharts', 'reportPage', 'counted'],
      ...['compareReports', 'findSlower', 'formatComparison'],
      ...['chooseExercises', 'deviation', 'takeTurns', 'timeOurs', 'summarize', 'normals'],
    ].sort(),
  );
});
