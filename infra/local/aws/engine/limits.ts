// Quotas of Standard workflows (AWS Step Functions Developer Guide, "Service quotas").

/** Bytes of a state's, task's or execution's input or output. */
export const PAYLOAD_BYTES = 262_144;

/** Bytes that one state may assign, over all its variables (serialised values). */
export const ASSIGN_BYTES = 262_144;

/** Bytes of all variables of an execution (serialised values). */
export const VARIABLES_BYTES = 10_485_760;

/** Events of one execution; the last one can only be the execution's end. */
export const HISTORY_EVENTS = 25_000;

/** Seconds that a Wait or a timeout may name. */
export const MAX_SECONDS = 99_999_999;

/** Characters of a state's name. */
export const STATE_NAME_CHARACTERS = 80;

/** Items that `$range` may make. */
export const RANGE_ITEMS = 1000;

/** Milliseconds that one expression may take before it counts as an infinite loop. */
export const EXPRESSION_MS = 5000;

/** Depth of an expression's calls. */
export const EXPRESSION_DEPTH = 1000;
