"""Computes something in a kernel of a JupyterLab, as a browser does: the kernel's channel is a WebSocket.

    python3 kernel.py http://<address>/<path> <host name> <token> <code>

prints what the code prints.
"""

import json
import sys
import urllib.request
import uuid

import websocket

url, host, token, code = sys.argv[1:]
headers = {"Host": host, "Authorization": f"token {token}"}
request = urllib.request.Request(f"{url}/api/kernels", b"{}", headers, method="POST")
kernel = json.load(urllib.request.urlopen(request))["id"]

# A browser says by Origin which page it is that connects, and Jupyter compares that with the host that was asked for.
channel = websocket.create_connection(
    url.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels",
    host=host,
    origin=f"https://{host}",
    header=[f"Authorization: token {token}"],
    timeout=60,
)
header = {"msg_id": uuid.uuid4().hex, "session": uuid.uuid4().hex, "username": "", "version": "5.3"}
content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
message = {"parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
channel.send(json.dumps({"header": {**header, "msg_type": "execute_request"}, **message}))
while True:
    answer = json.loads(channel.recv())
    if answer["msg_type"] == "stream":
        print(answer["content"]["text"], end="")
    if answer["msg_type"] == "error":
        sys.exit(answer["content"]["evalue"])
    if answer["msg_type"] == "execute_reply":
        break
