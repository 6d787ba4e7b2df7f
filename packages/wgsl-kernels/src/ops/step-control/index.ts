export { STEP_CONTROL, type StepControlInputs, stepControl } from './step-control.ts';
export {
  initialStepState,
  MAX_LOSS_SCALE,
  STEP_NUMBERS,
  type StepSettings,
  stepNumbers,
} from './step-numbers.ts';
