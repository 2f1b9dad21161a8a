import type { SignInLook } from '@lockstep/aws-emulator';
import { findAsset } from '../../../approvals-ui/assets/assets.ts';

/** The emulated sign-in page in the approvals site's look. */
export const signInLook: SignInLook = {
  productName: 'Lockstep',
  styleSheet: findAsset('site.css')?.body ?? '',
  icon: findAsset('icon.svg')?.body ?? '',
};
