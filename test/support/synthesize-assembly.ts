// A process of its own, for those that cannot wait otherwise.
import { testAssembly } from './assembly.ts';

await testAssembly();
