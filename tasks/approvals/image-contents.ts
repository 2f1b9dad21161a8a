import type { Image, ImageRecipe } from '@aws-sdk/client-imagebuilder';
import type { ParentImage } from '../images/parent-image.ts';
import type { Job } from '../ledger/items.ts';
import type { ImageContents } from './review.ts';

/** What a recipe says that images are made of. */
export type RecipeContents = Pick<ImageContents, 'recipe' | 'parentImage' | 'components'>;

const nameAndVersion = (arn: string): string => {
  const [, name = arn, version = ''] = (arn.split(':').slice(5).join(':') || arn).split('/');
  return version === '' ? name : `${name} ${version}`;
};

/** What images of a recipe are made of. */
export const recipeContents = (recipe: ImageRecipe): RecipeContents => ({
  recipe: `${recipe.name ?? 'unnamed'} ${recipe.version ?? ''}`.trim(),
  parentImage: nameAndVersion(recipe.parentImage ?? ''),
  components: (recipe.components ?? []).map(({ componentArn = '' }) => nameAndVersion(componentArn)),
});

/** What one image was made of; undefined if Image Builder does not say. */
export const contentsOf = (
  imageId: string,
  image: Image | undefined,
  parent: ParentImage | undefined,
  choice: Job['imageChoice'],
): ImageContents | undefined => {
  const recipe = image?.imageRecipe;
  return recipe === undefined
    ? undefined
    : {
        imageId,
        ...(choice?.choice === 'reuse' && { reused: choice.builtAt }),
        ...recipeContents(recipe),
        ...(parent && { parent }),
      };
};
