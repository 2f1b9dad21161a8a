import type { FC } from 'hono/jsx';
import { visibleText } from '../../tasks/words.ts';
import type { ApprovalPageProps } from './approval-props.ts';
import { FoldedList } from './folded-list.tsx';
import { Packages } from './image-comparison.tsx';
import { Notice } from './layout.tsx';

/** Why a role is asked once more, and how the Prod image differs from what was approved; nothing if it is asked about the change. */
export const ImageQuestion: FC<Pick<ApprovalPageProps, 'approval'>> = ({ approval }) => {
  const { candidate, review } = approval;
  const { prodImage, qatImageId } = candidate;
  if (prodImage === undefined) return null;
  return (
    <Notice kind="warning">
      <div id="image-question">
        <h2 class="notice-title">You are asked again: the Prod image differs from the approved QAT image</h2>
        <p>
          QC and PMO approved this promotion with the QAT image <code>{visibleText(qatImageId)}</code>. The
          Prod image <code>{visibleText(prodImage.imageId)}</code>, which was built after that, differs from
          it in more than the configuration allows (<code>image.drift</code>). Both decide once more, about
          this image. Until then the promotion keeps the Prod lock, and newer promotions wait.
        </p>
        <h3>What may not differ</h3>
        <FoldedList items={prodImage.differs.split('\n')} name="differences" list="plain">
          {(one) => (
            <li>
              <bdi>{visibleText(one)}</bdi>
            </li>
          )}
        </FoldedList>
        {review.prodImagePackages === undefined ? null : (
          <>
            <h3>All packages compared with the approved QAT image</h3>
            <Packages
              packages={review.prodImagePackages}
              image="the Prod image"
              other="in the QAT image"
              id="packages of the Prod image"
            />
          </>
        )}
      </div>
    </Notice>
  );
};
