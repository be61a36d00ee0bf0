// A page in React with the widget beside the stream. It shows the last verdict.

import { useState } from 'react';
import { createRoot } from 'react-dom/client';

import { LiveJury } from './LiveJury';

async function getToken() {
  const answer = await fetch('/my/jury-token', { method: 'POST' });
  if (!answer.ok) throw new Error(`/my/jury-token answered ${answer.status}`);
  return answer.text();
}

function Stream() {
  const [verdict, setVerdict] = useState('');
  return (
    <main>
      <LiveJury
        room="live-42"
        theme="auto"
        getToken={getToken}
        on={{ 'jury:verdict': ({ title, verdict }) => setVerdict(`${title}: ${verdict?.outcome}`) }}
      />
      <output>{verdict}</output>
    </main>
  );
}

createRoot(document.getElementById('root')!).render(<Stream />);
