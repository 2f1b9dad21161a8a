/** Order of the curve P-256 (SEC 2, version 2.0, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Reads a DER integer. @returns its value and what follows it */
const readInteger = (der: Uint8Array): { readonly value: bigint; readonly rest: Uint8Array } => {
  const [tag, length = 0] = der;
  const digits = Buffer.from(der.subarray(2, 2 + length)).toString('hex');
  if (tag !== 0x02 || digits.length !== 2 * length || length === 0)
    throw new TypeError(`Not an ECDSA signature in DER: ${Buffer.from(der).toString('hex')}`);
  return { value: BigInt(`0x${digits}`), rest: der.subarray(2 + length) };
};

const writeInteger = (value: bigint): Buffer => {
  const hex = value.toString(16);
  const digits = hex.padStart(hex.length + (hex.length % 2), '0');
  // A first bit that is set would make the number negative.
  const bytes = Buffer.from(/^[89a-f]/.test(digits) ? `00${digits}` : digits, 'hex');
  return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
};

/**
 * A signature by P-256 with the smaller of its two values of `s`. Who has one signature can compute the other one (`n - s`)
 * without the key, and KMS gives either; with the smaller one alone, a record has one valid text.
 * @param der ECDSA signature in DER
 * @throws TypeError if it is none
 */
export function lowS(der: Uint8Array): Buffer {
  const r = readInteger(der.subarray(2));
  const { value: s } = readInteger(r.rest);
  const body = Buffer.concat([writeInteger(r.value), writeInteger(s > ORDER / 2n ? ORDER - s : s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
