// The map: owner, identity, credential, place, one column each. What belongs to a node is lit when it is looked at, and shown alone when it is chosen.
const MOST = 2000;
const COLUMNS = ['Owner', 'Identity', 'Credential', 'Place'];
let picked = '';

// Nodes by key and edges between them, of the identities chosen, worst first, as many as fit.
function network(chosen) {
  const nodes = new Map();
  const edges = new Map();
  const node = (column, key, title, how) => {
    const name = `${column}:${key}`;
    if (!nodes.has(name)) nodes.set(name, { name, column, title, how, near: new Set() });
    return nodes.get(name);
  };
  const edge = (a, b) => {
    edges.set(`${a.name}\n${b.name}`, [a, b]);
    a.near.add(b);
    b.near.add(a);
  };
  let shown = 0;
  for (const identity of chosen) {
    const held = identity.credentials.map((id) => findings.get(id)).filter(Boolean);
    if (nodes.size + 2 + held.length + new Set(places(identity).map(file)).size > MOST && shown > 0) break;
    shown += 1;
    const self = node(1, identity.id, called(identity), tone[identity.verdict]);
    const owner = identity.owner ? node(0, identity.owner.value, identity.owner.value, identity.owner.status === 'active' ? 'good' : 'warn') : node(0, '', 'nobody', 'bad');
    edge(owner, self);
    for (const finding of held) {
      const credential = node(2, finding.id, `${finding.title} ${finding.secret.redacted}`, finding.in_head ? 'bad' : 'dull');
      edge(self, credential);
      for (const at of finding.locations) edge(credential, node(3, file(at), file(at), at.in_head ? 'bad' : 'dull'));
    }
    for (const at of [...identity.declared_in, ...identity.referenced_in]) {
      const known = node(3, file(at), file(at), 'dull');
      if (![...known.near].some((other) => other.column === 2 && self.near.has(other))) edge(self, known);
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], shown };
}

// Identities stand by owner, worst first; every other node stands near what it belongs to, so that lines are short and cross little.
function arranged(nodes) {
  const [owners, selves, credentials, ends] = COLUMNS.map((_, column) => nodes.filter((one) => one.column === column));
  const ownerOf = (one) => [...one.near].find((other) => other.column === 0);
  const order = [...new Set(selves.map(ownerOf))];
  selves.sort((a, b) => order.indexOf(ownerOf(a)) - order.indexOf(ownerOf(b)));
  selves.forEach((one, at) => { one.at = at; });
  for (const [column, beside] of [[owners, [1]], [credentials, [1]], [ends, [2, 1]]]) {
    for (const one of column) {
      const near = [...one.near].filter((other) => beside.includes(other.column) && other.at !== undefined);
      one.wish = near.reduce((sum, other) => sum + other.at, 0) / Math.max(1, near.length);
    }
    column.sort((a, b) => a.wish - b.wish || a.title.localeCompare(b.title));
    let free = 0;
    // Not so far down that those behind have no room beside the others.
    column.forEach((one, at) => {
      const last = Math.max(selves.length, column.length) - (column.length - at);
      one.at = Math.max(free, Math.min(Math.round(one.wish), last));
      free = one.at + 1;
    });
  }
  return [owners, selves, credentials, ends];
}

// All that a node leads to: towards the owner, and towards the places.
function kin(start) {
  const found = new Set([start]);
  for (const towards of [-1, 1]) {
    const stack = [start];
    while (stack.length) {
      const one = stack.pop();
      for (const other of one.near) {
        if ((other.column - one.column) * towards > 0 && !found.has(other)) {
          found.add(other);
          stack.push(other);
        }
      }
    }
  }
  return found;
}

function map() {
  const chosen = chosenIdentities();
  const { nodes: all, edges, shown } = network(chosen);
  const start = all.find((one) => one.name === picked);
  const within = start ? kin(start) : new Set(all);
  for (const one of all) delete one.at;
  const columns = arranged(all.filter((one) => within.has(one)));
  const lines = edges.filter(([a, b]) => within.has(a) && within.has(b));
  tell(`${count(within.size, 'node')}, ${count(lines.length, 'line')}`);
  const board = h('div', { class: 'map' });
  const picture = s('svg', { 'aria-hidden': 'true' });
  const light = (one) => {
    const lit = one ? kin(one) : new Set();
    board.classList.toggle('lit', lit.size > 0);
    for (const other of all) other.button?.classList.toggle('on', lit.has(other));
    for (const line of lines) line.path?.classList.toggle('on', lit.has(line[0]) && lit.has(line[1]));
  };
  const button = (one) => {
    const choose = () => {
      picked = picked === one.name ? '' : one.name;
      render(`node-${one.name}`);
    };
    one.button = h('button', { type: 'button', id: `node-${one.name}`, class: one.how, title: one.title, 'aria-pressed': String(picked === one.name), onclick: choose, onfocus: () => light(one), onmouseenter: () => light(one), onmouseleave: () => light(null), onblur: () => light(null) }, one.title);
    return one.button;
  };
  // Where a column leaves rows empty, the next node stands lower.
  const rows = (column) => column.map((one, at) => {
    const item = h('li', null, button(one));
    item.style.marginTop = `${(one.at - (at ? column[at - 1].at + 1 : 0)) * 1.6}rem`;
    return item;
  });
  board.append(picture, ...columns.map((column, at) => h('section', { 'aria-label': COLUMNS[at] }, h('h3', null, `${COLUMNS[at]} (${number(column.length)})`), h('ul', null, rows(column)))));
  // Positions are known once the board is laid out.
  requestAnimationFrame(() => draw(board, picture, lines));
  return [
    h('h2', null, 'Map'), identityFilters(),
    h('p', { class: 'faint' }, `${count(shown, 'identity', 'identities')} of ${number(chosen.length)} that match, worst first`,
      shown < chosen.length && `; more than ${number(MOST)} nodes would not be readable, so narrow the choice to see others`,
      '. Choose a node to see what belongs to it alone.', start && [' ', h('button', { type: 'button', name: 'all', onclick: () => { picked = ''; render(); } }, 'Show all')]),
    board,
  ];
}

function draw(board, picture, lines) {
  const frame = board.getBoundingClientRect();
  const edge = (one, side) => {
    const box = one.button.getBoundingClientRect();
    return [box[side] - frame.left, box.top + box.height / 2 - frame.top];
  };
  for (const line of lines) {
    const [a, b] = line[0].column < line[1].column ? line : [line[1], line[0]];
    const [[x1, y1], [x2, y2]] = [edge(a, 'right'), edge(b, 'left')];
    const bend = (x2 - x1) / 2;
    line.path = s('path', { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` });
    picture.append(line.path);
  }
}
