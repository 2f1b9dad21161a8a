/** The site's icon: two columns that advance together. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5.5" fill="#0d5c63"/><path fill="#fff" d="M6.5 5h4v8h-4zM6.5 15.5h4V19h-4z"/><path fill="#8fd6d2" d="M13.5 5h4v3.500h-4zM13.5 11h4v8h-4z"/></svg>
`;
