/* A graph of objects and what joins them, drawn by Cytoscape.js from what the page's address of it answers:
 *   {"nodes": [{"id", "label", "kind", "url": its page, "more": the same answer for what is around it}],
 *    "edges": [{"id", "from", "to", "label", "kind": "stated" | "confirmed" | "proposed"}]}
 * Whoever has no script, or reads by ear, has the same in the table below it. */
(function () {
  'use strict';

  var SHAPES = {
    indicator: 'diamond', malware: 'hexagon', tool: 'hexagon', 'threat-actor': 'octagon', 'intrusion-set': 'octagon', campaign: 'round-rectangle',
    report: 'rectangle', 'attack-pattern': 'triangle', vulnerability: 'pentagon', identity: 'round-rectangle', value: 'ellipse'
  };
  var MANY = 400; /* nodes, from which on the slow layout is not tried */

  function colour(name, otherwise) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || otherwise;
  }

  function styles() {
    var ink = colour('--color-neutral-solid-gray-900', '#1a1a1a'), paper = colour('--color-neutral-white', '#ffffff');
    var line = colour('--color-neutral-solid-gray-536', '#767676'), chosen = colour('--color-primitive-blue-900', '#0017c1');
    var fill = colour('--color-primitive-blue-100', '#d9e6ff'), value = colour('--color-primitive-green-100', '#c2e5d1');

    return [
      { selector: 'node', style: { label: 'data(label)', shape: 'data(shape)', width: 28, height: 28, 'background-color': fill, 'border-width': 1.5,
        'border-color': ink, color: ink, 'font-size': 12, 'text-valign': 'bottom', 'text-margin-y': 4, 'text-wrap': 'ellipsis', 'text-max-width': 160,
        'text-background-color': paper, 'text-background-opacity': 0.85, 'text-background-padding': 2 } },
      { selector: 'node[kind = "value"]', style: { 'background-color': value, width: 18, height: 18 } },
      { selector: 'node:selected', style: { 'border-width': 4, 'border-color': chosen } },
      { selector: 'edge', style: { label: 'data(label)', width: 1.5, 'line-color': line, 'target-arrow-color': line, 'target-arrow-shape': 'triangle',
        'curve-style': 'bezier', 'font-size': 10, color: ink, 'text-rotation': 'autorotate', 'text-background-color': paper,
        'text-background-opacity': 0.85 } },
      { selector: 'edge[kind = "proposed"]', style: { 'line-style': 'dashed', 'target-arrow-shape': 'none' } },
      { selector: 'edge[kind = "confirmed"]', style: { width: 3 } }
    ];
  }

  function elements(answer) {
    var nodes = answer.nodes.map(function (n) {
      return { group: 'nodes', data: { id: n.id, label: n.label, kind: n.kind, url: n.url, more: n.more, shape: SHAPES[n.kind] || 'ellipse' } };
    });
    return nodes.concat(answer.edges.map(function (e) {
      return { group: 'edges', data: { id: e.id, source: e.from, target: e.to, label: e.label, kind: e.kind } };
    }));
  }

  function ask(box, url) {
    return fetch(url, { headers: { Accept: 'application/json', 'Accept-Language': document.documentElement.lang }, credentials: 'same-origin' })
      .then(function (answer) {
        if (!answer.ok) throw new Error(String(answer.status));
        return answer.json();
      });
  }

  function say(box, text) {
    box.querySelector('.tj-graph__said').textContent = text;
  }

  function arrange(graph) {
    var many = graph.nodes().length > MANY;
    graph.layout(many ? { name: 'concentric', animate: false } : { name: 'cose', animate: false, randomize: true, nodeDimensionsIncludeLabels: true,
      idealEdgeLength: function () { return 90; } }).run();
    graph.fit(undefined, 24);
  }

  /* What the answer adds is added, where its ends are there. */
  function add(box, graph, answer) {
    var fresh = elements(answer).filter(function (one) { return graph.getElementById(one.data.id).empty(); });
    graph.add(fresh.filter(function (one) { return one.group === 'nodes'; }));
    graph.add(fresh.filter(function (one) {
      return one.group === 'edges' && graph.getElementById(one.data.source).nonempty() && graph.getElementById(one.data.target).nonempty();
    }));
    box.setAttribute('data-nodes', String(graph.nodes().length));
    box.setAttribute('data-edges', String(graph.edges().length));
    if (fresh.length) arrange(graph);
  }

  function expand(box, graph, node) {
    var more = node.data('more');
    if (!more) return;
    ask(box, more).then(function (answer) {
      node.data('more', '');
      add(box, graph, answer);
      choose(box, graph, node);
    }, function () { say(box, box.getAttribute('data-failed')); });
  }

  function choose(box, graph, node) {
    var open = box.querySelector('.tj-graph__open'), more = box.querySelector('.tj-graph__more');
    graph.elements().unselect();
    node.select();
    say(box, node.data('label'));
    open.classList.toggle('tj-graph--off', !node.data('url'));
    if (node.data('url')) open.href = node.data('url');
    more.classList.toggle('tj-graph--off', !node.data('more'));
    more.onclick = function () { expand(box, graph, node); };
  }

  /* Arrow keys go from node to node; Enter opens, "+" asks for what is around it. */
  function steer(box, graph, canvas) {
    canvas.addEventListener('keydown', function (event) {
      var nodes = graph.nodes(), chosen = graph.$('node:selected'), at = chosen.empty() ? -1 : nodes.indexOf(chosen[0]), step = 0;
      if (event.key === 'ArrowRight' || event.key === 'ArrowDown') step = 1;
      if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') step = -1;
      if (step && nodes.length) {
        choose(box, graph, nodes[(at + step + nodes.length) % nodes.length]);
        event.preventDefault();
      } else if (event.key === 'Enter' && chosen.nonempty() && chosen[0].data('url')) {
        location.href = chosen[0].data('url');
      } else if (event.key === '+' && chosen.nonempty()) {
        expand(box, graph, chosen[0]);
      }
    });
  }

  function draw(box) {
    var canvas = box.querySelector('.tj-graph__canvas');
    ask(box, box.querySelector('.tj-graph__source').href).then(function (answer) {
      var graph = cytoscape({ container: canvas, style: styles(), minZoom: 0.1, maxZoom: 4 });
      graph.on('tap', 'node', function (event) { choose(box, graph, event.target); });
      graph.on('dbltap', 'node', function (event) { expand(box, graph, event.target); });
      graph.on('resize', function () { graph.fit(undefined, 24); });
      steer(box, graph, canvas);
      add(box, graph, answer);
      box.setAttribute('data-drawn', 'yes');
    }).catch(function () { say(box, box.getAttribute('data-failed')); });
  }

  document.querySelectorAll('.tj-graph').forEach(draw);
})();
