/** Days after the end in which Step Functions allows a redrive (T33). */
export const REDRIVE_DAYS = 14;
