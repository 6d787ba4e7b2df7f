// What each field of a configuration is, in one line: for the file in a run's folder and for the reference.

import type { ConfigSection, RunConfig } from '@vulpes/training';

type Help = {
  readonly [Section in ConfigSection]: Readonly<Record<keyof RunConfig[Section], string>>;
};

export const fieldHelp: Help = {
  model: {
    vocabSize: 'tokens that the model knows',
    hiddenSize: 'features of a token between blocks; hiddenSize / numHeads is 16, 32, 64 or 128',
    hiddenRatio: 'width of the MLP: 2/3 · hiddenSize · hiddenRatio, up to a multiple of 256',
    intermediateSize: 'width of the MLP, in place of hiddenRatio',
    numHiddenLayers: 'blocks, each attention and MLP',
    numHeads: 'attention heads',
    numKvHeads: 'heads of keys and values, each for a group of query heads; null: numHeads',
    hiddenAct: 'activation of the MLP; only swish is there',
    windowSize: 'tokens that a token attends to, itself included; null: all',
    maxPositionEmbeddings:
      'tokens that generation looks back at where no gate forgets; training.contextLength unless given',
    initializerRange: 'standard deviation of the first weights of matrices',
    elementwiseAffine: 'norms have weights; only true is there',
    normEps: 'of the norms of blocks and outputs',
    useCache: 'of the official library: generation keeps keys and values',
    padTokenId: 'of the official library',
    bosTokenId: 'token that begins a text',
    eosTokenId: 'token that ends a text',
    tieWordEmbeddings: 'the output head is the embedding',
    attentionBias: 'biases of the projections of attention; only false is there',
    fuseNorm: 'of the official library: fused kernels, with the same numbers',
    fuseCrossEntropy: 'of the official library: fused kernels, with the same numbers',
    ropeBase: 'base of the wavelengths of rotary positions',
    useRope: 'rotary positions',
    useOutputGate: 'a gate on the output of attention',
    ogateAct: 'activation of that gate',
    fgateType: 'forget gate from the token (full), learned or fixed for each head, or none',
    fgateBiasInit:
      'of bias_only and fixed gates: start at decay times from decayTimeMin to decayTimeMax',
    decayTimeMin: 'tokens, see fgateBiasInit',
    decayTimeMax: 'tokens, see fgateBiasInit',
    fgateDecayTimes:
      'of full gates: start at decay times spread over [shortest, longest] tokens; null: all gates start at 1/2',
    useOutputNorm: 'a norm on the output of attention',
    qkNorm: 'norms on queries and keys',
    qkNormShareParamAcrossHead: 'one norm weight for all heads',
    useKShift: 'keys mixed with those of the token before',
    useVShift: 'values mixed with those of the token before',
    logPruningTolerance:
      'log of the attention mass that pruning may skip, usually -10; null: no pruning',
    pruningMode: "rule of pruning: the paper's threshold, or more at the same guarantee",
  },
  data: {
    files:
      'files and folders of text, joined in this order; or one folder of token shards; null: the bundled text',
    heldOut:
      'share of the text that is never trained on, chosen from all over it; at least eight contexts where there is room',
    tokenizer: 'of the text; bpe:N is trained on it, N tokens; null: that of the shards, or bytes',
    encoding: 'of text files; auto: UTF-8, or UTF-16 with a byte order mark; bytes: as they are',
    field: 'field of JSON lines, or column of Parquet, that holds the text',
  },
  training: {
    steps: 'updates in the whole run',
    contextLength: 'tokens of a training sequence',
    packDocuments: 'documents that stand in one sequence do not see each other',
    batchSize: 'sequences computed at once',
    accumulate: 'batches whose gradients are averaged for one update',
    learningRate: 'at the end of the warm-up',
    warmupSteps: 'updates over which the learning rate rises from 0',
    schedule:
      'after the warm-up: a cosine to the end; or wsd: the peak for long, a decay at the end',
    decayShare: 'of wsd: share of the run, its end, over which the rate falls',
    decayShape: 'of wsd: form of that fall; sqrt is 1 - sqrt',
    finalRateShare: 'learning rate at the end, as a share of learningRate',
    optimizer: 'adamw; or muon: Muon for hidden matrices, AdamW for all else',
    beta1: 'of AdamW: share of the running mean of gradients that an update keeps',
    beta2: 'of AdamW: the same of their squares',
    epsilon: 'of AdamW: added to the root of the mean square',
    muonMomentum: 'of Muon: share of the running mean of gradients that an update keeps',
    weightDecay: 'of matrices and the embedding; biases and norm weights have none',
    maxGradNorm: 'larger gradients are scaled down to this global norm; null: never',
    seed: 'of the first weights and of the order of the data',
    checkpointEvery: 'updates between two checkpoints; the last update always makes one',
    keepCheckpoints: 'newest checkpoints to keep',
    evalEvery: 'updates between two held-out evaluations; first and last update have one, too',
    evalSequences: 'held-out sequences of an evaluation, at most',
    checkpointing:
      'what is computed again in backward to save memory, with the same numbers: norms and gates (selective), or whole blocks',
    precision:
      'mixed: products and attention in f16 with f32 sums; auto: mixed where the adapter is made for it',
  },
  evaluation: {
    length:
      'of trainer eval: tokens of the longest text; null: four times contextLength, where as much is held out',
    sequences: 'held-out texts of that length, at most',
    window: 'positions over which the loss by position is averaged in the chart',
    needleLengths: 'lengths of the needle in a haystack; 0: left out',
    needleDepths: 'depths of the needle; 0: left out',
    taskExamples: 'examples of each task; 0: left out',
    seed: 'of what the tasks are made of',
  },
};
