// Jest transformer: Node's own type stripping. Types become blanks, so lines and columns stay true.
import { stripTypeScriptTypes } from 'node:module';

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
