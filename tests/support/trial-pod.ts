/**
 * A pod that tests what a node provides to pods, with the image that every node of the local cluster has.
 */
import { pauseImage } from "../../local/offline/pause-image";

/** Namespace, claim, Service and a pod that serves the claim's content on port 8080, under the restricted standard. */
export const trialObjects = (namespace: string): object[] => [
    {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data", namespace },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace },
        spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "server", namespace, labels: { app: "web" } },
        spec: {
            securityContext: {
                runAsNonRoot: true,
                runAsUser: 1000,
                runAsGroup: 1000,
                fsGroup: 2000,
                seccompProfile: { type: "RuntimeDefault" },
            },
            terminationGracePeriodSeconds: 1,
            containers: [
                {
                    name: "server",
                    image: pauseImage,
                    command: ["/busybox", "sh", "-c"],
                    args: ["echo hello > /data/index.html; echo started; exec /busybox httpd -f -p 8080 -h /data"],
                    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
                    securityContext: {
                        allowPrivilegeEscalation: false,
                        readOnlyRootFilesystem: true,
                        capabilities: { drop: ["ALL"] },
                    },
                    volumeMounts: [{ name: "data", mountPath: "/data" }],
                },
            ],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
        },
    },
];
