import { BlockList, isIP } from 'node:net';

/** Addresses that no receiver on the internet has: loopback, link-local (where Lambda has its credentials), private networks. */
const reserved = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  reserved.addSubnet(address, prefix, 'ipv4');

/** Of IPv6, only what is given out for the internet; without what leads to addresses of IPv4. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const tunnels = new BlockList();
tunnels.addSubnet('2001::', 32, 'ipv6');
tunnels.addSubnet('2002::', 16, 'ipv6');

/** Whether an address is one of the internet. */
export const isPublicAddress = (address: string): boolean => {
  if (isIP(address) === 4) return !reserved.check(address, 'ipv4');
  return isIP(address) === 6 && globalUnicast.check(address, 'ipv6') && !tunnels.check(address, 'ipv6');
};

/** Plain HTTP is for a receiver on this very machine alone. */
const LOOPBACK = /^http:\/\/127\.0\.0\.1(?::\d{1,5})?(?:[/?]|$)/;

/** Whether a URL may be sent to: HTTPS to a host with a name, without credentials; or HTTP on this machine. */
export const isAllowedUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (LOOPBACK.test(text)) return true;
  return (
    protocol === 'https:' && /^(?!.*\.local$)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(hostname)
  );
};
