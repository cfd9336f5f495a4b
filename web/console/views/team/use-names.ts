// What chatflows are called, once the node has said it.

import { useEffect, useState } from 'preact/hooks';
import type { ChatflowId } from '../../../shared/protocol';
import { chatflowNames } from '../../desk/floor';

const NONE: ReadonlyMap<ChatflowId, string> = new Map();

export function useChatflowNames(): ReadonlyMap<ChatflowId, string> {
  const [names, setNames] = useState(NONE);
  useEffect(() => {
    let wanted = true;
    void chatflowNames().then((found) => wanted && setNames(found));
    return () => {
      wanted = false;
    };
  }, []);
  return names;
}
