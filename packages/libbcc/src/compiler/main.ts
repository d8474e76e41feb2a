// The compiler's process: a request on standard input, a response on descriptor 4, and the descriptors of the tables
// through the socket at descriptor 3. libbcc writes what it has to say to standard output and standard error. LLVM's
// memory goes with the process.
import { readFileSync, writeFileSync } from 'node:fs';
import { isSkepError } from '@skep/core';
import { sendDescriptors } from '../native/descriptors.js';
import { compileModule } from './module.js';
import { type CompileRequest, type CompileResponse, NOT_COMPILED } from './protocol.js';

const SOCKET = 3;
const RESPONSE = 4;

function answer(request: CompileRequest): CompileResponse {
  try {
    const response = compileModule(request);
    if (response.compiled && !request.explain) {
      sendDescriptors(
        SOCKET,
        response.tables.map(({ fd }) => fd),
      );
    }
    return response;
  } catch (error) {
    if (!isSkepError(error)) throw error;
    const { code, message, remedy } = error;
    return { ...NOT_COMPILED, error: { code, message, remedy } };
  }
}

writeFileSync(RESPONSE, JSON.stringify(answer(JSON.parse(readFileSync(0, 'utf8')) as CompileRequest)));
