import { restricted } from "../../src/pod/pod-template";
import { savedEnvironment } from "./environment";
import { createObjects, kubectl } from "./kubectl";
import { restrictedPod } from "./pod-security";

/** The output of a Python program that reads a claim at /data, in a pod that is deleted afterwards. */
export async function inClaim(namespace: string, claim: string, program: string): Promise<string> {
    await createObjects({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "reader", namespace },
        spec: {
            restartPolicy: "Never",
            securityContext: restrictedPod,
            containers: [
                {
                    name: "main",
                    image: savedEnvironment().baseImage,
                    command: ["python3", "-c", program],
                    securityContext: restricted,
                    volumeMounts: [{ name: "data", mountPath: "/data" }],
                },
            ],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
        },
    });
    const inNamespace = (...args: string[]) => kubectl("--namespace", namespace, ...args);
    try {
        await inNamespace("wait", "pod/reader", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s");
        return await inNamespace("logs", "reader");
    } finally {
        await inNamespace("delete", "pod/reader", "--now");
    }
}
