// Makes a component that renders again only if a prop has changed. preact/compat has the same, but slows down every
// element.

import { Component, createElement, type FunctionComponent } from 'preact';

export function memo<Props extends object>(render: FunctionComponent<Props>) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return isDifferent(this.props, next);
    }
    override render() {
      return createElement(render, this.props);
    }
  };
}

function isDifferent<Props extends object>(before: Props, after: Props): boolean {
  const names = Object.keys(after) as (keyof Props)[];
  return names.length !== Object.keys(before).length || names.some((name) => before[name] !== after[name]);
}
