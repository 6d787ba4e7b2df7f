export { STEP_CONTROL, type StepControlInputs, stepControl } from './step-control.ts';
export { initialStepState, STEP_NUMBERS, type StepSettings, stepNumbers } from './step-numbers.ts';
