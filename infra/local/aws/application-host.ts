/**
 * Host name of the applications. What Lockstep serves is at 127.0.0.1: cookies do not tell ports apart, so that the sign-in of one
 * would otherwise reach the other.
 */
export const APPLICATION_HOST = 'localhost';
