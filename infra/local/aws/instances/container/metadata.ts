/** What an instance's metadata tell. */
export interface Metadata {
  readonly instanceId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly region: string;
  readonly accountId: string;
}

/** Answers one request at standard input and output: a token to a client that puts for one, and a few facts to a client that has it. */
const responder = (metadata: Metadata): string => {
  const zone = `${metadata.region}a`;
  const document = JSON.stringify({
    accountId: metadata.accountId,
    region: metadata.region,
    availabilityZone: zone,
    instanceId: metadata.instanceId,
    instanceType: metadata.instanceType,
    imageId: metadata.imageId,
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  });
  return `#!/bin/bash
read -r method target _
token=
while IFS= read -r line; do
  line=\${line%$'\\r'}
  [ -n "$line" ] || break
  case \${line,,} in x-aws-ec2-metadata-token:*) token=\${line#*: } ;; esac
done
answer() { printf 'HTTP/1.1 %s\\r\\nContent-Type: text/plain\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s' "$1" "\${#2}" "$2"; }
case "$method $target" in
  'PUT /latest/api/token') answer '200 OK' emulated-token; exit ;;
esac
[ "$token" = emulated-token ] || { answer '401 Unauthorized' ''; exit; }
case "$target" in
  /latest/meta-data/instance-id) answer '200 OK' '${metadata.instanceId}' ;;
  /latest/meta-data/ami-id) answer '200 OK' '${metadata.imageId}' ;;
  /latest/meta-data/instance-type) answer '200 OK' '${metadata.instanceType}' ;;
  /latest/meta-data/placement/region) answer '200 OK' '${metadata.region}' ;;
  /latest/meta-data/placement/availability-zone) answer '200 OK' '${zone}' ;;
  /latest/meta-data/local-ipv4) answer '200 OK' "$(hostname -I 2>/dev/null | cut -d ' ' -f 1)" ;;
  /latest/dynamic/instance-identity/document) answer '200 OK' '${document}' ;;
  *) answer '404 Not Found' '' ;;
esac
`;
};

/** Where it listens; an application may have port 80 of every address. */
const PORT = 16_980;

/**
 * A small stand-in for the instance metadata service (version 2), in memory of the container only: no image has it. Requests to
 * 169.254.169.254 are led to it by `iptables`; without that in the image, there is no metadata service.
 * @returns a script for bash
 */
export const metadataScript = (metadata: Metadata): string => `set -e
iptables --wait -t nat -A OUTPUT -d 169.254.169.254 -p tcp --dport 80 -j DNAT --to-destination 127.0.0.1:${PORT}
mkdir -p /run/aws-emulator /run/systemd/system
cat > /run/aws-emulator/metadata <<'RESPONDER'
${responder(metadata)}RESPONDER
cat > /run/systemd/system/instance-metadata.socket <<'UNIT'
[Socket]
ListenStream=127.0.0.1:${PORT}
Accept=yes
UNIT
cat > /run/systemd/system/instance-metadata@.service <<'UNIT'
[Service]
ExecStart=-/bin/bash /run/aws-emulator/metadata
StandardInput=socket
UNIT
systemctl daemon-reload
systemctl start instance-metadata.socket
`;
