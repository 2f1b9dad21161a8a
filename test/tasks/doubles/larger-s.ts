const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other form of a signature, with the larger `s`, as anybody can compute it. @param signature DER in base64, with the smaller one */
export const withLargerS = (signature: string): string => {
  const der = Buffer.from(signature, 'base64');
  const sAt = 4 + (der[3] ?? 0);
  const s = ORDER - BigInt(`0x${der.subarray(sAt + 2).toString('hex')}`);
  const body = Buffer.concat([
    der.subarray(2, sAt),
    Buffer.from(`022100${s.toString(16).padStart(64, '0')}`, 'hex'),
  ]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('base64');
};
