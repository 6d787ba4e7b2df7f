export { type MuonMatrices, type MuonStep, muonStep } from './muon.ts';
