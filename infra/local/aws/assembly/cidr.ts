/**
 * `Fn::Cidr`: the first `count` blocks with `bits` host bits each within an IPv4 block.
 * @throws RangeError if the block does not parse or has no room for as many
 */
export const cidrBlocks = (block: string, count: number, bits: number): string[] => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(block);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const prefix = Number(match?.[5]);
  if (!match || prefix > 32 || octets.some((octet) => octet > 255))
    throw new RangeError(`${JSON.stringify(block)} is not an IPv4 block such as 10.0.0.0/16`);
  const size = 2 ** bits;
  if (count * size > 2 ** (32 - prefix))
    throw new RangeError(`${block} has no room for ${count} blocks of ${size} addresses`);
  const first = octets.reduce((value, octet) => value * 256 + octet, 0);
  const base = first - (first % 2 ** (32 - prefix));
  return Array.from({ length: count }, (_, index) => `${dotted(base + index * size)}/${32 - bits}`);
};

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
