// npm run inspect: draws what the heads of a trained model remember.
export {};
