/**
 * The program that stops a notebook which nobody uses, for the Python of the notebook's own image: nothing but the
 * standard library. Its arguments are the editor, the notebook's address, after how many seconds it is idle, and the
 * address of the StatefulSet's scale.
 *
 * What cannot be asked is in use: only a notebook that has answered all the time, and always that nothing happens, is
 * stopped. It is asked in a way that it does not take for use itself.
 *
 * code-server is not only asked: it says that nobody is connected from the moment on in which its extensions have kept
 * their process busy for five seconds, however many browsers still are. A connection that lasts from one look to the
 * next is a browser's, since all others are as short as their request.
 *
 * Sources: https://jupyter-server.readthedocs.io/en/latest/developers/rest-api.html,
 * https://github.com/coder/code-server/blob/main/docs/FAQ.md#what-is-the-healthz-endpoint
 */
export const idleProgram = `
import json, os, signal, ssl, sys, time
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

editor, notebook, limit, scale = sys.argv[1:5]
limit = float(limit)
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
tls = ssl.create_default_context(cafile=account + "ca.crt")
opener = build_opener(ProxyHandler({}), HTTPSHandler(context=tls))
said = None

def say(text):
    global said
    if text != said:
        print(text, flush=True)
    said = text

def send(*args, **options):
    with opener.open(Request(*args, **options), timeout=10) as answer:
        return json.load(answer)

def ask(path):
    return send(notebook + path, headers={"Authorization": "token " + os.environ.get("JUPYTER_TOKEN", "")})

def jupyter():
    kernels = ask("/api/kernels?no_track_activity=1")
    try:
        terminals = ask("/api/terminals?no_track_activity=1")
    except HTTPError as error:
        if error.code != 404:
            raise
        terminals = []  # the image has none
    if any(kernel["execution_state"] == "busy" for kernel in kernels):
        return None
    return [(one.get("id", one["name"]), one["last_activity"]) for one in kernels + terminals]

connected = set()

def connections():
    port = urlsplit(notebook).port
    found = set()
    for table in filter(os.path.exists, ["/proc/net/tcp", "/proc/net/tcp6"]):
        with open(table) as file:
            for line in file.readlines()[1:]:
                local, remote, state = line.split()[1:4]
                if state == "01" and int(local.split(":")[1], 16) == port:  # established
                    found.add(remote)
    return found

def code_server():
    global connected
    alive = ask("/healthz")["status"] == "alive"
    before, connected = connected, connections()
    return None if alive or before & connected else "expired"

def stop():
    with open(account + "token") as file:
        headers = {"Authorization": "Bearer " + file.read(), "Content-Type": "application/merge-patch+json"}
    send(scale, data=json.dumps({"spec": {"replicas": 0}}).encode(), headers=headers, method="PATCH")

look = {"jupyterlab": jupyter, "vscode": code_server}[editor]
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
last, since = None, time.monotonic()
while True:
    time.sleep(max(1, min(60, limit / 10)))
    try:
        state = look()
    except Exception as error:
        say(f"not asked: {error}")
        state = None
    if state is None or state != last:
        last, since = state, time.monotonic()
    elif time.monotonic() - since >= limit:
        try:
            stop()
            say("stopped: it was not used")
            since = time.monotonic()
        except Exception as error:
            say(f"not stopped: {error}")
`.trimStart();
