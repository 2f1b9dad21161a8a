/**
 * The provider's own module. The package's entry prints a warning on Node 20 before it exports the same class; the
 * emulator's terminal stays clean.
 */
declare module 'oidc-provider/lib/provider.js' {
  export { default as Provider } from 'oidc-provider';
}
