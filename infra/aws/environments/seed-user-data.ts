import type { InternetAccess } from '../../config.ts';
import { agentInstallation } from '../image/component.ts';

const authPolicy = `echo ':enable_auth_policy: true' >> /etc/codedeploy-agent/conf/codedeployagent.yml
systemctl stop codedeploy-agent
`;

/**
 * First boot of Prod's first instances, which start from a plain Amazon Linux 2023: CodeDeploy must find healthy instances
 * to replace, so a stub answers the load balancer until the first promotion. Idempotent; the agent starts last.
 * @param port where the application will listen
 * @param internetAccess with endpoints, the agent authorizes itself by the instance's role
 */
export const seedUserData = (port: number, internetAccess: InternetAccess): string => `#!/bin/bash
set -euo pipefail
cat > /opt/lockstep-stub.py <<'STUB'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"No version has been promoted yet.\\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("", ${port}), Stub).serve_forever()
STUB
cat > /etc/systemd/system/lockstep-stub.service <<'UNIT'
[Unit]
Description=Answers until the first promotion
After=network-online.target

[Service]
ExecStart=/usr/bin/python3 /opt/lockstep-stub.py
Restart=always

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now lockstep-stub
${agentInstallation()}${internetAccess === 'endpoints' ? authPolicy : ''}systemctl enable --now codedeploy-agent
`;
