/**
 * A service mesh as far as a workload notices it: a webhook that adds a proxy to the pods of a namespace, as those of Istio
 * and Linkerd do, unless an annotation of the pod says otherwise. The proxy does not end by itself.
 */
import * as fs from "node:fs";
import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";

import { certificate } from "../../local/cluster/credentials";
import { applyObjects, deleteObjects } from "./kubectl";

/** With the value "false" a pod has no proxy. */
export const injectAnnotation = "mesh.example.com/inject";

interface Review {
    apiVersion: string;
    kind: string;
    request: { uid: string; object: { metadata: { annotations?: Record<string, string> } } };
}

async function read(request: IncomingMessage): Promise<Review> {
    let text = "";
    for await (const part of request) {
        text += String(part);
    }
    return JSON.parse(text) as Review;
}

function answer({ apiVersion, kind, request }: Review, image: string): object {
    const { uid, object } = request;
    if (object.metadata.annotations?.[injectAnnotation] === "false") {
        return { apiVersion, kind, response: { uid, allowed: true } };
    }
    const proxy = {
        name: "proxy",
        image,
        command: ["sleep", "infinity"],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    };
    const patch = JSON.stringify([{ op: "add", path: "/spec/containers/-", value: proxy }]);
    const response = { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(patch).toString("base64") };
    return { apiVersion, kind, response };
}

const configuration = (namespace: string, port: number) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "mesh-of-the-tests" },
    webhooks: [
        {
            name: "inject.mesh.example.com",
            admissionReviewVersions: ["v1"],
            sideEffects: "None",
            rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
            clientConfig: {
                url: `https://127.0.0.1:${port}/inject`,
                caBundle: fs.readFileSync(certificate("ca.crt")).toString("base64"),
            },
        },
    ],
});

export class Mesh {
    private constructor(
        private readonly server: https.Server,
        private readonly configuration: object,
    ) {}

    /** Adds a proxy of this image to the pods of a namespace from now on. */
    static async start(namespace: string, image: string): Promise<Mesh> {
        const server = https.createServer(
            { cert: fs.readFileSync(certificate("apiserver.crt")), key: fs.readFileSync(certificate("apiserver.key")) },
            (request, response) => {
                void read(request).then((review) => response.end(JSON.stringify(answer(review, image))));
            },
        );
        // As in Go servers: if the server closed a connection while the API server sends a request on it, that request
        // would fail.
        server.keepAliveTimeout = 0;
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const mesh = new Mesh(server, configuration(namespace, (server.address() as AddressInfo).port));
        await applyObjects(mesh.configuration);
        return mesh;
    }

    async stop(): Promise<void> {
        await deleteObjects(this.configuration);
        this.server.close();
        this.server.closeAllConnections();
    }
}
