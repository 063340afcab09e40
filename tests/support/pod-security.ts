/**
 * The restricted Pod Security Standard.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import type { types } from "@pulumi/kubernetes";

/**
 * The security settings of a test's own pod that meet it, and allow it to write to volumes; its containers use
 * `restricted`.
 */
export const restrictedPod = {
    runAsNonRoot: true,
    runAsUser: 1000,
    fsGroup: 1000,
    seccompProfile: { type: "RuntimeDefault" },
};

export type PodSpec = types.output.core.v1.PodSpec;
type Container = types.output.core.v1.Container;

const volumeTypes = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
];

/** The controls of the standard, each with whether a pod meets it. */
export const controls: Record<string, (spec: PodSpec, containers: Container[]) => boolean> = {
    "Host Namespaces": (spec) => !spec.hostNetwork && !spec.hostPID && !spec.hostIPC,
    "Host Ports": (_spec, all) => all.every(({ ports }) => (ports ?? []).every((port) => !port.hostPort)),
    "Privileged Containers": (_spec, all) => all.every(({ securityContext }) => !securityContext?.privileged),
    "/proc Mount Type": (_spec, all) => all.every(({ securityContext }) => !securityContext?.procMount),
    Sysctls: (spec) => spec.securityContext?.sysctls === undefined,
    "Volume Types": (spec) =>
        (spec.volumes ?? []).every((volume) =>
            Object.keys(volume).every((key) => ["name", "secret", ...volumeTypes].includes(key)),
        ),
    "Privilege Escalation": (_spec, all) =>
        all.every(({ securityContext }) => securityContext?.allowPrivilegeEscalation === false),
    "Running as Non-root": (spec, all) =>
        all.every(({ securityContext }) => securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot),
    "Running as Non-root user": (spec, all) =>
        [spec, ...all].every(({ securityContext }) => securityContext?.runAsUser !== 0),
    Seccomp: (spec, all) =>
        all.every(({ securityContext }) => {
            const profile = securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile;
            return ["RuntimeDefault", "Localhost"].includes(profile?.type);
        }),
    Capabilities: (_spec, all) =>
        all.every(({ securityContext }) => {
            const { drop, add } = securityContext?.capabilities ?? {};
            return drop?.includes("ALL") && (add ?? []).every((one) => one === "NET_BIND_SERVICE");
        }),
};

/** The controls that a pod violates. */
export function violations(spec: PodSpec): string[] {
    const all = [...(spec.initContainers ?? []), ...spec.containers];
    return Object.keys(controls).filter((name) => !controls[name]!(spec, all));
}
