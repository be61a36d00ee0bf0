// What there is to see: pictures, clips, links and words, each with who brought it; it opens nothing unsafe.

import { useSignal } from '@preact/signals';

import { hostOf, safeLink } from '../link.js';
import { clockText } from '../time.js';
import { Icon } from './icon.jsx';

const AWAY = { target: '_blank', rel: 'noopener noreferrer nofollow', referrerpolicy: 'no-referrer' };

export function Exhibits({ viewer, shown: { evidence } }) {
  if (!evidence?.length) return null;
  return (
    <section class="lj-evidence" part="evidence">
      <h3 class="lj-eyebrow">{viewer.words.evidence(viewer.lang, evidence.length)}</h3>
      <ul class="lj-evidence-list">
        {evidence.map((piece, at) => <li key={at}><Exhibit viewer={viewer} piece={piece} /></li>)}
      </ul>
    </section>
  );
}

function Exhibit({ viewer: { words, serverIsLocal }, piece }) {
  const { type, by, caption, stream_at_ms: atMs } = piece;
  const link = safeLink(piece.url, serverIsLocal);
  const source = words.evidenceBy[by];
  const at = atMs ?? null;
  return (
    <figure class="lj-exhibit" data-hue={by}>
      {type === 'text' ? <blockquote class="lj-exhibit-text" dir="auto">{piece.text}</blockquote>
        : !link ? <p class="lj-exhibit-link lj-empty"><Icon sign="alert" /> {words.evidenceBlocked}</p>
          : type === 'image' ? <Picture words={words} link={link} alt={caption || words.evidenceImage} />
            : <Leading words={words} link={link} video={type === 'video'} />}
      <figcaption>
        {caption && <span class="lj-exhibit-caption" dir="auto">{caption}</span>}
        <span class="lj-exhibit-source">
          {type === 'text' && <Icon sign="text" />}
          <span class="lj-mark" aria-hidden="true" />
          {at === null ? source : `${source} · ${words.evidenceAt(clockText(Math.floor(at / 1000)))}`}
        </span>
      </figcaption>
    </figure>
  );
}

const Leading = ({ words, link, video }) => (
  <a class="lj-exhibit-link" href={link} {...AWAY}>
    <Icon sign={video ? 'video' : 'link'} />
    <span class="lj-exhibit-action">{video ? words.watchVideo : words.openLink}</span>
    <span class="lj-exhibit-host" dir="ltr">{hostOf(link)}</span>
    <span class="lj-hidden">{words.opensNewTab}</span>
  </a>
);

function Picture({ words, link, alt }) {
  const broken = useSignal(false);
  return (
    <a class="lj-exhibit-picture" href={link} {...AWAY}>
      {broken.value ? <span class="lj-exhibit-broken"><Icon sign="image" /> {alt}</span> : (
        <img referrerpolicy="no-referrer" loading="lazy" decoding="async" alt={alt} onError={() => (broken.value = true)} src={link} />
      )}
      <span class="lj-hidden">{`${words.openImage}, ${words.opensNewTab}`}</span>
    </a>
  );
}
