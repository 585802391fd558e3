export const drawCover = (genre: string, seed: number): string =>
  '<svg xmlns="http://www.w3.org/2000/svg" data-genre="' + genre.length + '" id="c' + seed + '"/>';
