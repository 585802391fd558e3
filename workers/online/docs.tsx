export const renderDocs = (document: object): string => '<pre>' + JSON.stringify(document) + '</pre>';
