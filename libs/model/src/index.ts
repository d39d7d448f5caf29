export { createModel, disposeModel, headOf, type Model, modelOf, parameterOf, trainableParameters } from './model.ts';
