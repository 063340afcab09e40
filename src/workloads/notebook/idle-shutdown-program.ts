/**
 * The program that stops an idle notebook. It runs with the Python of the notebook's image and uses only the standard
 * library. Its arguments are the editor, the notebook's URL, the idle timeout in seconds, and the URL of the StatefulSet's
 * scale subresource.
 *
 * A notebook that cannot be checked counts as active: it is stopped only if every check has succeeded and found it idle.
 * The checks use an API that does not itself count as activity.
 *
 * For code-server, the program also looks at open connections. Once code-server's extensions have kept their process busy
 * for five seconds, it reports that it is idle even while browsers are connected. A connection that is open in two
 * consecutive checks belongs to a browser, because all others last only as long as their request.
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
last_message = None

def log(message):
    global last_message
    if message != last_message:
        print(message, flush=True)
    last_message = message

def send(*args, **options):
    with opener.open(Request(*args, **options), timeout=10) as response:
        return json.load(response)

def get(path):
    return send(notebook + path, headers={"Authorization": "token " + os.environ.get("JUPYTER_TOKEN", "")})

def jupyter_activity():
    kernels = get("/api/kernels?no_track_activity=1")
    try:
        terminals = get("/api/terminals?no_track_activity=1")
    except HTTPError as error:
        if error.code != 404:
            raise
        terminals = []  # the image has no terminals
    if any(kernel["execution_state"] == "busy" for kernel in kernels):
        return None  # active
    return [(one.get("id", one["name"]), one["last_activity"]) for one in kernels + terminals]

connected = set()

def open_connections():
    port = urlsplit(notebook).port
    found = set()
    for table in filter(os.path.exists, ["/proc/net/tcp", "/proc/net/tcp6"]):
        with open(table) as file:
            for line in file.readlines()[1:]:
                local, remote, state = line.split()[1:4]
                if state == "01" and int(local.split(":")[1], 16) == port:  # established
                    found.add(remote)
    return found

def code_server_activity():
    global connected
    alive = get("/healthz")["status"] == "alive"
    before, connected = connected, open_connections()
    return None if alive or before & connected else "expired"

def stop():
    with open(account + "token") as file:
        headers = {"Authorization": "Bearer " + file.read(), "Content-Type": "application/merge-patch+json"}
    send(scale, data=json.dumps({"spec": {"replicas": 0}}).encode(), headers=headers, method="PATCH")

check = {"jupyterlab": jupyter_activity, "vscode": code_server_activity}[editor]
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
last, since = None, time.monotonic()
while True:
    time.sleep(max(1, min(60, limit / 10)))
    try:
        state = check()
    except Exception as error:
        log(f"cannot check for activity: {error}")
        state = None
    if state is None or state != last:
        last, since = state, time.monotonic()
    elif time.monotonic() - since >= limit:
        try:
            stop()
            log(f"stopped: idle for {limit:g} seconds")
            since = time.monotonic()
        except Exception as error:
            log(f"cannot stop: {error}")
`.trimStart();
