import { forbidden } from '@roundhouse/errors';

interface Person {
  author_kind: string;
  author_id: string | null;
}

/** A note says what its author saw: nobody else puts words into it. */
export function requireAuthor(note: Person, who: { actor_kind: string; actor_id: string | null }) {
  const isTheirs = note.author_kind === who.actor_kind && note.author_id === who.actor_id;
  if (!isTheirs) throw forbidden('note_of_another', 'Only its author may change a note.');
}
