import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** Where distributions keep the certificates that the machine trusts. */
const BUNDLES = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/**
 * The certificates, in PEM, that this machine trusts in addition to the public ones, such as that of a company's proxy.
 * Sorted, so that the same certificates are always the same list.
 */
export function machineCertificates(): string[] {
    const files = [process.env.SSL_CERT_FILE, process.env.NODE_EXTRA_CA_CERTS, ...BUNDLES];
    const contents = files.map((file) => {
        try {
            return file ? readFileSync(file, "utf8") : "";
        } catch {
            return "";
        }
    });
    return certificatesBeyond(contents.join("\n"), rootCertificates);
}

/** The certificates of a bundle that are not among the known ones. */
export function certificatesBeyond(bundle: string, known: readonly string[]): string[] {
    const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const seen = new Set(known.map(content));
    const others = new Map(blocks.map((block) => [content(block), block]));
    return [...others.entries()]
        .filter(([key]) => !seen.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, block]) => `${block}\n`);
}

const content = (certificate: string): string => certificate.replace(/-----[^-]+-----|\s/g, "");
