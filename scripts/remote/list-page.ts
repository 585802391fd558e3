// Reads one page of S3's ListObjectsV2, with its keys encoded as in URLs. It is not a general reader of XML.

export interface ListedObject {
  key: string;
  size: number;
  etag: string;
  uploaded: Date;
}
export interface ListPage {
  objects: ListedObject[];
  delimitedPrefixes: string[];
  /** Undefined on the last page. */
  cursor: string | undefined;
}

/** Throws if the text is no such page. */
export function parseListPage(xml: string): ListPage {
  if (!/<ListBucketResult[\s>]/.test(xml)) throw new Error('R2 answers a list with something else');
  const isTruncated = readElement(xml, 'IsTruncated') === 'true';
  return {
    objects: listElements(xml, 'Contents').map((contents) => ({
      key: decodeKey(readElement(contents, 'Key')),
      size: Number(readElement(contents, 'Size')),
      etag: readElement(contents, 'ETag').replaceAll('"', ''),
      uploaded: new Date(readElement(contents, 'LastModified')),
    })),
    delimitedPrefixes: listElements(xml, 'CommonPrefixes').map((common) => decodeKey(readElement(common, 'Prefix'))),
    cursor: isTruncated ? readElement(xml, 'NextContinuationToken') : undefined,
  };
}

/** The XML inside each element of the name. */
const listElements = (xml: string, name: string): string[] =>
  Array.from(xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs')), ([, inside]) => inside!);

function readElement(xml: string, name: string): string {
  const [text] = listElements(xml, name);
  if (text === undefined) throw new Error(`R2 answers a list without ${name}`);
  return text.replace(/&(quot|amp|lt|gt|apos|#34|#39);/g, (entity) => ENTITIES[entity]!);
}

const decodeKey = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

const ENTITIES: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&#34;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
};
